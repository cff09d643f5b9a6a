// Takes the mark of a form that was just carried out (`?done=…`) out of the address once the page is shown: a reload shows
// the present state, without the banner of before. Without this script the banner stays until the person goes on.
"use strict";
const shown = new URL(location.href);
shown.searchParams.delete("done");
history.replaceState(history.state, "", shown);
