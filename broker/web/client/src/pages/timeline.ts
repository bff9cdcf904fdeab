import { RecTimeline } from "../elements/rec-timeline";

customElements.define("rec-timeline", RecTimeline);
