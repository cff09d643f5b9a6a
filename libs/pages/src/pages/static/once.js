// A form with a file isn't sent again while it's on its way: a second press would send the file once more. After 20 seconds
// the button works again; without this script the service reads from the form's key that it carried the form out before.
"use strict";
addEventListener("submit", (event) => {
  const { dataset } = event.target;
  if (dataset.onItsWay) {
    event.preventDefault();
    return;
  }
  dataset.onItsWay = "yes";
  const free = () => delete dataset.onItsWay;
  setTimeout(free, 20000);
  addEventListener("pageshow", free);
});
