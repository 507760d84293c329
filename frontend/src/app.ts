/** The island that every page carries: small conveniences over pages that work without it. */
import { announceChanges } from "./announce";
import { enableCopying } from "./copy";
import { closeMenus } from "./menus";
import { guardForms } from "./once";
import { signRequests } from "./requests";

enableCopying(document);
closeMenus();
guardForms();
signRequests();
announceChanges();

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target instanceof Element) enableCopying(event.target.parentElement ?? event.target);
});
