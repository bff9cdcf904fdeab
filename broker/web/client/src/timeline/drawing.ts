// How a timeline is drawn: a ruler, below it each channel with what is recorded, what is missing (hatched), what may
// be chosen (underlined), and over all of them the chosen span and the cursor.
import { HouseClock } from "./clock";
import { Part, Row } from "./rows";

export const RULER = 24;
export const ROW = 40;
const BAR = 14;
const LABEL = 17;
const MINUTE = 60_000;
const STEPS = [1 / 60, 1 / 12, 1 / 6, 0.5, 1, 5, 10, 30, 60, 180, 360, 720, 1440, 2880, 10080].map((it) => it * MINUTE);
const TICK_ROOM = 76;

export interface View {
  left: number;
  right: number;
  at: number;
  span: Part | null;
  chosen: string;
}

export class Drawing {
  private readonly pen: CanvasRenderingContext2D;
  private colour: (name: string) => string = () => "";
  private width = 0;
  private height = 0;

  constructor(readonly canvas: HTMLCanvasElement, private readonly clock: HouseClock) {
    this.pen = canvas.getContext("2d") as CanvasRenderingContext2D;
  }

  place(at: number, view: View): number {
    return ((at - view.left) / (view.right - view.left)) * this.width;
  }

  instant(x: number, view: View): number {
    return view.left + (x / this.width) * (view.right - view.left);
  }

  draw(rows: Row[], view: View): void {
    this.begin(rows.length);
    this.ruler(view);
    rows.forEach((row, index) => this.row(row, RULER + index * ROW, view));
    if (view.span) this.chosen(view.span, view);
    this.line(this.place(view.at, view), "--text", 2);
  }

  private begin(rows: number): void {
    const style = getComputedStyle(this.canvas);
    const dense = window.devicePixelRatio || 1;
    this.colour = (name) => style.getPropertyValue(name).trim();
    this.width = Math.max(this.canvas.clientWidth, 1);
    this.height = RULER + rows * ROW;
    this.canvas.width = Math.round(this.width * dense);
    this.canvas.height = Math.round(this.height * dense);
    this.pen.setTransform(dense, 0, 0, dense, 0, 0);
    this.pen.font = `12px ${style.fontFamily}`;
    this.pen.textBaseline = "middle";
  }

  private ruler(view: View): void {
    const room = ((view.right - view.left) / this.width) * TICK_ROOM;
    const step = STEPS.find((it) => it >= room) ?? room;
    const ahead = this.clock.ahead(view.left);
    const first = Math.ceil((view.left + ahead) / step) * step - ahead;
    this.pen.fillStyle = this.colour("--text-quiet");
    for (let at = first; at <= view.right; at += step) {
      const told = this.clock.field(at);
      const text = told.endsWith("T00:00:00") ? told.slice(5, 10) : told.slice(11, step < MINUTE ? 19 : 16);
      const x = this.place(at, view);
      this.pen.fillRect(x, RULER - 6, 1, 6);
      if (x + 50 < this.width) this.pen.fillText(text, x + 3, RULER / 2);
    }
  }

  private row(row: Row, top: number, view: View): void {
    const bar = top + LABEL;
    this.pen.fillStyle = this.colour(row.channel === view.chosen ? "--link" : "--text");
    this.pen.fillText(row.name, 2, top + LABEL / 2, this.width - 4);
    this.pen.fillStyle = this.colour("--sunk");
    this.pen.fillRect(0, bar, this.width, BAR);
    if (!row.known) this.frame(bar);
    this.pen.fillStyle = this.colour("--accent");
    for (const part of row.recorded) this.block(part, bar, BAR, view);
    for (const part of row.missing) this.hatch(part, bar, view);
    this.pen.fillStyle = this.colour("--good");
    for (const part of row.allowed) this.block(part, bar + BAR + 1, 4, view);
  }

  private block(part: Part, top: number, height: number, view: View): void {
    const x = this.place(part.begin, view);
    const end = this.place(part.end, view);
    if (end > 0 && x < this.width) this.pen.fillRect(x, top, Math.max(end - x, 1), height);
  }

  private frame(top: number): void {
    this.pen.strokeStyle = this.colour("--edge-strong");
    this.pen.lineWidth = 1;
    this.pen.setLineDash([2, 4]);
    this.pen.strokeRect(0.5, top + 0.5, this.width - 1, BAR - 1);
    this.pen.setLineDash([]);
  }

  private hatch(part: Part, top: number, view: View): void {
    const x = Math.max(this.place(part.begin, view), 0);
    const end = Math.min(this.place(part.end, view), this.width);
    if (end <= x) return;
    hatch(this.pen, this.colour("--edge-strong"), [x, top, Math.max(end - x, 1), BAR]);
  }

  private chosen(span: Part, view: View): void {
    const x = this.place(span.begin, view);
    const end = this.place(span.end, view);
    this.pen.fillStyle = this.colour("--focus");
    this.pen.globalAlpha = 0.22;
    this.pen.fillRect(x, RULER, end - x, this.height - RULER);
    this.pen.globalAlpha = 1;
    for (const at of [x, end]) {
      this.line(at, "--focus", 2);
      this.pen.fillRect(at - 4, RULER - 8, 8, 8);
    }
  }

  private line(x: number, colour: string, width: number): void {
    this.pen.fillStyle = this.colour(colour);
    this.pen.fillRect(x - width / 2, RULER - 8, width, this.height - RULER + 8);
  }
}

// Slanted strokes in a box [left, top, width, height]: how what is missing is shown everywhere.
export function hatch(pen: CanvasRenderingContext2D, colour: string, box: [number, number, number, number]): void {
  const [left, top, width, height] = box;
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  pen.beginPath();
  for (let x = Math.floor((left - height) / 6) * 6; x < left + width; x += 6) {
    pen.moveTo(x, top + height);
    pen.lineTo(x + height, top);
  }
  pen.stroke();
  pen.restore();
}
