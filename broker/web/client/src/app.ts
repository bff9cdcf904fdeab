// What every page of the console loads. Each page works without it; here is what makes it quicker.
import "./polyfill";
import htmx from "htmx.org";
import { CountDown } from "./elements/count-down";
import { InBox } from "./elements/in-box";
import { LivePart } from "./elements/live-part";
import { listenForKeys } from "./keys";
import { guardForms } from "./forms";
import { Live } from "./live";

// Read here and not from a <meta>, so that no page can be served with another configuration.
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.disableInheritance = true;
htmx.config.historyCacheSize = 0; // pages hold personal data: no copies of them in the browser's storage
htmx.config.refreshOnHistoryMiss = true;
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "422", swap: true },
  { code: "[45]..", swap: false, error: true },
];

customElements.define("count-down", CountDown);
customElements.define("in-box", InBox);
customElements.define("live-part", LivePart);
listenForKeys(document);
guardForms(document);
if (document.body.dataset.live) new Live(document, document.body.dataset.live);
