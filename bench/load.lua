-- Sends the requests of a file over wrk's connections: round and round, or each once.
local requests, sent, answered, once = {}, 0, 0, false

function init(args)
  once = args[2] == "once"
  for line in io.lines(args[1]) do
    local part = {}
    for field in (line .. "\t"):gmatch("(.-)\t") do part[#part + 1] = field end
    local headers = { [part[3]] = part[4] }
    if part[5] ~= "" then headers["Content-Type"] = "application/json" end
    requests[#requests + 1] = wrk.format(part[1], part[2], headers, part[5] ~= "" and part[5] or nil)
  end
  if once then
    response = function(status)
      answered = answered + 1
      if answered == #requests then wrk.thread:stop() end
    end
  end
end

function request()
  sent = sent + 1
  -- The last answers may still be on their way: what is asked meanwhile asks for nothing.
  if once and sent > #requests then return wrk.format("GET", "/healthz") end
  return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\nwrk {"count":%d,"seconds":%f,"bytes":%d,"failed":%d,"p50":%f,"p95":%f,"p99":%f,"longest":%f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
