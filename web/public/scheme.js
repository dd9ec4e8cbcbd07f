// Sets the colour scheme before the first paint. Runs before the application; keep the key in step with src/app/theme.ts.
(function () {
  var wanted = "auto";
  try {
    wanted = window.localStorage.getItem("sideline.scheme") || "auto";
  } catch (error) {
    // Storage is blocked: follow the system.
  }
  var dark = wanted === "dark" || (wanted !== "light" && window.matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
