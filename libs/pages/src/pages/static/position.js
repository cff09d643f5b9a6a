// Fills two fields with the telephone's position. The button is hidden without this script; the form works without it.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("position");
  if (!button || !navigator.geolocation) return;
  const say = (name) => {
    document.getElementById("position-told").textContent = name ? button.dataset[name] : "";
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    say("wait");
    navigator.geolocation.getCurrentPosition(
      (found) => {
        document.getElementById("latitude").value = found.coords.latitude.toFixed(6);
        const longitude = document.getElementById("longitude");
        longitude.value = found.coords.longitude.toFixed(6);
        longitude.closest("details").open = true;
        say("done");
      },
      () => say("failed"),
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });
});
