// Reads the code of a document from a photo of the telephone's camera, and sends the form. The input is hidden without
// this script, and where the browser reads no codes; the number can always be typed.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const field = document.getElementById("scan");
  if (!field || !("BarcodeDetector" in window)) return;
  const photo = document.getElementById("scan-photo");
  const told = document.getElementById("scan-told");
  field.hidden = false;
  photo.addEventListener("change", async () => {
    told.textContent = "";
    try {
      const picture = await createImageBitmap(photo.files[0]);
      const [found] = await new BarcodeDetector({ formats: ["qr_code"] }).detect(picture);
      const number = document.getElementById("number");
      number.value = found.rawValue;
      number.form.requestSubmit();
    } catch {
      told.textContent = field.dataset.failed;
    }
    photo.value = "";
  });
});
