-- Sends the requests of a file over wrk's connections: round and round, or each once.
local ffi = require("ffi")
ffi.cdef [[ typedef struct { long sec; long usec; } moment; int gettimeofday(moment *t, void *zone); ]]
local requests, sent, answered, failed, once, began = {}, -1, 0, 0, false, nil

local function now()
  local t = ffi.new("moment")
  ffi.C.gettimeofday(t, nil)
  return tonumber(t.sec) + tonumber(t.usec) / 1e6
end

function init(args)
  once = args[2] == "once"
  for line in io.lines(args[1]) do
    local part = {}
    for field in (line .. "\t"):gmatch("(.-)\t") do part[#part + 1] = field end
    local headers = { [part[3]] = part[4] }
    if part[5] ~= "" then headers["Range"] = part[5] end
    if part[6] ~= "" then headers["Content-Type"] = "application/json" end
    requests[#requests + 1] = wrk.format(part[1], part[2], headers, part[6] ~= "" and part[6] or nil)
  end
  if once then
    -- wrk itself goes on to the end of its time.
    response = function(status)
      if status == 405 then return end
      answered = answered + 1
      if status > 399 then failed = failed + 1 end
      if answered == #requests then
        io.write(string.format(
          '\nwrk {"count":%d,"seconds":%f,"bytes":0,"failed":%d,"p50":0,"p95":0,"p99":0,"longest":0}\n',
          answered, now() - began, failed))
        io.flush()
        os.exit(0)
      end
    end
  end
end

function request()
  sent = sent + 1
  -- The first is not sent: wrk only looks whether it is one.
  if sent == 0 then return requests[1] end
  began = began or now()
  -- The last answers may still be on their way: what is asked meanwhile is refused (405) and not counted.
  if once and sent > #requests then return wrk.format("POST", "/healthz") end
  return requests[(sent - 1) % #requests + 1]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\nwrk {"count":%d,"seconds":%f,"bytes":%d,"failed":%d,"p50":%f,"p95":%f,"p99":%f,"longest":%f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
