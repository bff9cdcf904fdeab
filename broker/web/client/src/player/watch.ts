// Whether what is shown may still be looked at: the grants are asked now and then, and at once when something moved.
// The bytes are guarded on the server whatever happens here; this tells why they stopped, and takes away what was loaded.

const EVERY = 4000;
const OPEN = new Set(["ACTIVE", "EXHAUSTED"]);

export class Watch {
  private timer = 0;
  private readonly moved = (): void => void this.ask();

  constructor(
    private readonly grants: string[],
    private readonly over: (state: string) => void,
  ) {}

  start(): void {
    document.body.addEventListener("live:retrieval", this.moved);
    this.timer = window.setInterval(this.moved, EVERY);
  }

  stop(): void {
    document.body.removeEventListener("live:retrieval", this.moved);
    window.clearInterval(this.timer);
  }

  async ask(): Promise<void> {
    for (const grant of this.grants) {
      try {
        const answer = await fetch(grant, { headers: { Accept: "application/json" } });
        if (answer.status >= 500) continue;
        const state = answer.ok ? ((await answer.json()) as { state: string }).state : "OTHER";
        if (!OPEN.has(state)) return this.over(state);
      } catch {
        // The net is away: so are the bytes.
      }
    }
  }
}

// Why a file does not come: in the words of the server, or empty where it would come now.
export async function reasonOf(source: string): Promise<string> {
  try {
    const answer = await fetch(source, { headers: { Range: "bytes=0-0", Accept: "application/json" } });
    if (answer.ok) return "";
    return ((await answer.json()) as { detail?: string }).detail ?? "";
  } catch {
    return "";
  }
}
