import { ClipPlayer } from "../elements/clip-player";

customElements.define("clip-player", ClipPlayer);
