// Decides language and theme before anything is painted. Small, and the only script that blocks.
// Remembered choices: localStorage "kubarium.lang" (ko | en) and "kubarium.theme" (light | dark | auto).
(function () {
  "use strict";
  function remembered(key) {
    // Storage can be forbidden altogether (a sandboxed frame): then nothing is remembered, and nothing breaks.
    try { return localStorage.getItem(key); } catch { return null; }
  }
  var root = document.documentElement;
  var lang = remembered("kubarium.lang");
  if (lang !== "ko" && lang !== "en") {
    var wanted = navigator.languages && navigator.languages.length ? navigator.languages : [navigator.language || ""];
    lang = "en";
    for (var i = 0; i < wanted.length; i++) {
      var code = wanted[i].slice(0, 2).toLowerCase();
      if (code === "ko" || code === "en") { lang = code; break; }
    }
  }
  var theme = remembered("kubarium.theme");
  if (theme !== "light" && theme !== "dark") theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  root.lang = lang;
  root.dataset.theme = theme;
  // Without its first module (no network, a sandboxed frame that the server lets have no modules) the page would wait for ever.
  addEventListener("error", function (event) {
    var script = event.target;
    if (!script || script.tagName !== "SCRIPT" || !/\/boot\.js/.test(script.src)) return;
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", function () { fail(script.src); });
    else fail(script.src);
  }, true);
  function fail(reason) {
    document.querySelectorAll("#shell .wait, #shell .failed").forEach(function (line) { line.hidden = line.className === "wait"; });
    document.getElementById("shell-reason").textContent = reason;
  }
})();
