// Where the map stands: as the page tells it, else so that all there is to see is in it; and how the address says so.
import { isEmpty, type Extent } from "ol/extent";
import View from "ol/View";
import { DEEPEST_VIEW, type Grid } from "./grids";

const CHINA: Extent = [73, 17, 136, 54];
const NEAREST = 17; // nearer than this nothing is fitted
const MARGIN = 40;

export function viewOf(told: string, fitted: Extent | null, everywhere: Extent | null, grid: Grid, size: number[]): View {
  const view = new View({
    projection: grid.projection, maxZoom: DEEPEST_VIEW, minZoom: 2, enableRotation: false, smoothExtentConstraint: false,
  }); // prettier-ignore
  const [longitude, latitude, zoom] = told.split(",").map(Number);
  if (told && longitude !== undefined && latitude !== undefined && zoom !== undefined && !Number.isNaN(longitude + latitude + zoom)) {
    view.setCenter(grid.shown([longitude, latitude]));
    view.setZoom(zoom);
    return view;
  }
  const extent = fitted ?? grid.extentShown(everywhere ?? CHINA);
  if (isEmpty(extent)) {
    view.setCenter([extent[0] ?? 0, extent[1] ?? 0]);
    view.setZoom(NEAREST - 1);
  } else {
    const padding = size.some((side) => side < 4 * MARGIN) ? 0 : MARGIN;
    view.fit(extent, { size, maxZoom: NEAREST, padding: [padding, padding, padding, padding] });
  }
  return view;
}

export function toldView(view: View, grid: Grid): string {
  const [longitude = 0, latitude = 0] = grid.told(view.getCenter() ?? [0, 0]);
  return `${longitude.toFixed(5)},${latitude.toFixed(5)},${(view.getZoom() ?? 0).toFixed(2)}`;
}

// Writes the view into the address of the page, without a step in the history.
export function keepInAddress(view: string): void {
  const address = new URL(location.href);
  address.searchParams.set("at", view);
  history.replaceState(history.state, "", address.href.replace(/%2C/g, ","));
}
