/** Names of steps: the one that stands on a card, and one that is still free. */
import type { StepFact } from './protocol';

/** A name no step has: the wanted one, or with the least number behind it. */
export function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let at = 2; taken.has(name); at++) {
    name = `${wanted}_${at}`;
  }
  return name;
}

/** Which card shows which step, as the kernel says. */
export class StepNames {
  private readonly byId: ReadonlyMap<string, string>;
  private readonly byName: ReadonlyMap<string, string>;

  constructor(facts: readonly StepFact[]) {
    const drawn = facts.filter(fact => fact.id !== null);
    this.byId = new Map(drawn.map(fact => [fact.id as string, fact.name]));
    this.byName = new Map(drawn.map(fact => [fact.name, fact.id as string]));
  }

  get all(): readonly string[] {
    return [...this.byName.keys()];
  }

  name(id: string | null): string | null {
    return id === null ? null : (this.byId.get(id) ?? null);
  }

  id(name: string | null): string | null {
    return name === null ? null : (this.byName.get(name) ?? null);
  }

  names(ids: readonly string[]): string[] {
    return ids.map(id => this.name(id)).filter(name => name !== null);
  }

  ids(names: readonly string[]): string[] {
    return names.map(name => this.id(name)).filter(id => id !== null);
  }
}
