// What a timeline shows, read from the table that says the same in words.

export interface Part {
  begin: number;
  end: number;
}

export interface Row {
  channel: string;
  name: string;
  known: boolean;
  recorded: Part[];
  missing: Part[];
  allowed: Part[];
}

export function readRows(table: Element): Row[] {
  return [...table.querySelectorAll<HTMLElement>("[data-channel]")].map((row) => ({
    channel: row.dataset.channel ?? "",
    name: (row.querySelector("[data-name]")?.textContent ?? "").replace(/\s+/g, " ").trim(),
    known: "known" in row.dataset,
    recorded: partsOf(row, "recorded"),
    missing: partsOf(row, "missing"),
    allowed: partsOf(row, "allowed").map(inSeconds),
  }));
}

// Fields hold whole seconds: what may be chosen is told in whole seconds too, and never wider.
export function inSeconds(part: Part): Part {
  return { begin: Math.ceil(part.begin / 1000) * 1000, end: Math.floor(part.end / 1000) * 1000 };
}

export function partsOf(element: Element, kind: string): Part[] {
  const found = [...element.querySelectorAll<HTMLElement>(`[data-part="${kind}"]`)].map((it) => ({
    begin: Date.parse(it.dataset.begin ?? ""),
    end: Date.parse(it.dataset.end ?? ""),
  }));
  return found.filter((it) => it.end > it.begin).sort((one, other) => one.begin - other.begin);
}

export function holding(parts: Part[], at: number): Part | undefined {
  return parts.find((part) => part.begin <= at && at <= part.end);
}

// The instant within the parts that is nearest; an instant for which there are none stays.
export function nearest(parts: Part[], at: number): number {
  if (parts.length === 0 || holding(parts, at)) return at;
  const ends = parts.reduce<number[]>((found, part) => found.concat(part.begin, part.end), []);
  return ends.reduce((best, end) => (Math.abs(end - at) < Math.abs(best - at) ? end : best));
}
