/** How far elements are scrolled, kept while they are out of the page or hidden: elements forget it then. */
export class KeptScrolling {
  private readonly tops = new Map<HTMLElement, number>();

  constructor(private readonly parts: () => readonly HTMLElement[]) {}

  keep(): void {
    for (const part of this.parts()) {
      if (part.clientHeight) {
        this.tops.set(part, part.scrollTop);
      }
    }
  }

  restore(): void {
    this.tops.forEach((top, part) => (part.scrollTop = top));
  }
}
