// What the server writes into the element: how the map is set up, and its words (templates/_map.html).

export type GridName = "3857" | "4490";

export interface BaseMap {
  kind: "none" | "raster" | "vector";
  urls: string[];
  deepest: number;
  attribution: string;
}

export interface Setup {
  grid: GridName;
  base: BaseMap;
  outline: string; // address of the outlines, "" without
  extent: [number, number, number, number] | null; // where the viewer's points are: west, south, east, north
}

export type Say = (slug: string, facts?: Record<string, string>) => string;

export function setupOf(element: HTMLElement): Setup {
  return JSON.parse(element.dataset.setup ?? "{}") as Setup;
}

export function wordsOf(element: HTMLElement): Say {
  const words = JSON.parse(element.dataset.say ?? "{}") as Record<string, string>;
  return (slug, facts = {}) =>
    Object.keys(facts).reduce((told, name) => told.split(`{${name}}`).join(facts[name]), words[slug] ?? slug);
}
