import type { World } from '#dots/world/world';

/** The simulated network, as DMSs and in-band links see it. */
export interface SimulatedNetwork {
  readonly world: World;
  /** Calls back after each simulated second; the returned function ends that. */
  onSecond(listener: () => void): () => void;
}
