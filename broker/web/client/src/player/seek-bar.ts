// The bar below the picture: where one is, and, hatched, where a clip has nothing; one lane a clip.
import { hatch } from "../timeline/drawing";
import { Film } from "./film";

const LANE = 12;
const GAP = 4;

export class SeekBar {
  private readonly canvas: HTMLCanvasElement;

  constructor(
    readonly element: HTMLElement,
    private readonly films: Film[],
    private readonly begin: number,
    private readonly end: number,
    seek: (at: number) => void,
  ) {
    this.canvas = element.appendChild(document.createElement("canvas"));
    this.canvas.style.height = `${this.films.length * (LANE + GAP) + GAP}px`;
    element.setAttribute("aria-valuemax", `${Math.round((end - begin) / 1000)}`);
    const move = (event: PointerEvent): void => {
      const box = element.getBoundingClientRect();
      seek(begin + ((event.clientX - box.left) / box.width) * (end - begin));
    };
    element.onpointerdown = (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      move(event);
    };
    element.onpointermove = (event) => {
      if (element.hasPointerCapture(event.pointerId)) move(event);
    };
  }

  show(at: number, told: string): void {
    this.element.setAttribute("aria-valuenow", `${Math.round((at - this.begin) / 1000)}`);
    this.element.setAttribute("aria-valuetext", told);
    const pen = this.canvas.getContext("2d");
    if (!pen) return;
    const style = getComputedStyle(this.canvas);
    const colour = (name: string): string => style.getPropertyValue(name).trim();
    const dense = window.devicePixelRatio || 1;
    const width = this.canvas.clientWidth;
    this.canvas.width = Math.round(width * dense);
    this.canvas.height = Math.round(this.canvas.clientHeight * dense);
    pen.setTransform(dense, 0, 0, dense, 0, 0);
    const place = (instant: number): number => ((instant - this.begin) / (this.end - this.begin)) * width;
    this.films.forEach((film, lane) => {
      const top = GAP + lane * (LANE + GAP);
      pen.fillStyle = colour("--accent");
      pen.fillRect(place(film.begin), top, place(film.end) - place(film.begin), LANE);
      for (const part of film.missing) {
        const x = place(part.begin);
        const wide = Math.max(place(part.end) - x, 1);
        pen.fillStyle = colour("--sunk");
        pen.fillRect(x, top, wide, LANE);
        hatch(pen, colour("--edge-strong"), [x, top, wide, LANE]);
      }
    });
    pen.fillStyle = colour("--focus");
    pen.fillRect(place(at) - 1.5, 0, 3, this.canvas.clientHeight);
  }
}
