// How far the files have come; without it the browser sends the same form by itself.
"use strict";
document.querySelectorAll("form[enctype='multipart/form-data']").forEach((form) => {
  form.addEventListener("submit", (event) => {
    const chosen = [...form.querySelectorAll("input[type=file]")].some((input) => input.files.length);
    if (event.defaultPrevented || !chosen || (event.submitter && event.submitter.formTarget)) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    const bar = document.createElement("progress"), said = document.createElement("p");
    bar.max = 100;
    said.className = "uploading";
    said.setAttribute("role", "status");
    said.append("กำลังส่งไฟล์ ", bar);
    form.append(said);
    said.scrollIntoView({ block: "nearest" });

    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.onprogress = (sent) => {
      if (sent.lengthComputable) bar.value = (100 * sent.loaded) / sent.total;
      if (sent.loaded === sent.total) said.firstChild.data = "กำลังตรวจและเก็บไฟล์ ";
    };
    request.onload = () => {
      history.pushState(null, "", request.responseURL);
      document.open();
      document.write(request.responseText);
      document.close();
    };
    request.onerror = () => {
      said.textContent = "ส่งไม่ถึงระบบ ตรวจสอบเครือข่ายแล้วกดอีกครั้ง สิ่งที่พิมพ์ยังอยู่";
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    };
    request.send(body);
  });
});
addEventListener("popstate", () => location.reload());
