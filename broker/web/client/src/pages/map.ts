// The bundle of pages with a map.
import { CamMap } from "../elements/cam-map/cam-map";

customElements.define("cam-map", CamMap);
