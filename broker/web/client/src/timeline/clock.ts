// The clock of the house: instants (milliseconds) as fields for day and time hold them, and back.

export class HouseClock {
  private readonly format: Intl.DateTimeFormat;

  constructor(zone: string) {
    this.format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  }

  // 2026-11-20T22:10:00
  field(at: number): string {
    const part: Record<string, string> = {};
    for (const each of this.format.formatToParts(at)) part[each.type] = each.value;
    return `${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}`;
  }

  // 2026-11-20 22:10:00
  told(at: number): string {
    return this.field(at).replace("T", " ");
  }

  // The instant that a field means; NaN where it is empty.
  instant(field: string): number {
    const wall = Date.parse(`${field}Z`);
    return wall - this.ahead(wall - this.ahead(wall));
  }

  // How far the clock of the house is ahead of UTC.
  ahead(at: number): number {
    if (Number.isNaN(at)) return Number.NaN;
    return Date.parse(`${this.field(at)}Z`) - Math.floor(at / 1000) * 1000;
  }
}
