// What only the pages of the wizard need.
import { KeptForm } from "../elements/kept-form";
import { PickList } from "../elements/pick-list";

customElements.define("kept-form", KeptForm);
customElements.define("pick-list", PickList);

// A selection that was changed in the list is drawn anew on the map.
document.addEventListener("htmx:afterSwap", () => document.dispatchEvent(new Event("cameras-picked")));
