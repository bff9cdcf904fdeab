// What Chromium 83 lacks and libraries use.
interface OldString {
  replaceAll?: (found: string | RegExp, put: string) => string;
}

const text = String.prototype as unknown as OldString;
if (!text.replaceAll) {
  text.replaceAll = function (this: string, found: string | RegExp, put: string): string {
    return typeof found === "string" ? this.split(found).join(put) : this.replace(found, put);
  };
}

export {};
