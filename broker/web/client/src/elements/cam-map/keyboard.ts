// The map by keyboard: OpenLayers moves and zooms it; here are the cross in its middle and what is done with it.

export interface Hands {
  take(): void; // the point or the corner at the cross
  takeBack(): void;
}

const MOVES = new Set(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "+", "-", "Enter", " "]);

export function listenForHands(view: HTMLElement, hands: Hands): void {
  view.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (MOVES.has(event.key)) view.classList.add("map-crossed");
    if (event.key === "Enter" || event.key === " ") hands.take();
    else if (event.key === "Backspace") hands.takeBack();
    else return;
    event.preventDefault();
  });
  view.addEventListener("pointermove", () => view.classList.remove("map-crossed"));
}

// Escape cancels wherever in the map somebody is: on its buttons too.
export function listenForEscape(map: HTMLElement, cancel: () => void): void {
  map.addEventListener("keydown", (event) => {
    if (event.key === "Escape") cancel();
  });
}
