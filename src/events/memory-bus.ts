import { EventEmitter } from 'node:events';
import { EventBus } from './event-bus';

type Listener = (message: unknown) => void;

/** The bus of a single process: listeners are called at once, and nothing is queued here. */
export class MemoryBus extends EventBus {
  /** There are no other processes to hear. */
  readonly isDeaf = false;
  private readonly emitter = new EventEmitter().setMaxListeners(0);
  private readonly subscriptions = new Map<number, { topic: string; listener: Listener }>();
  private lastId = 0;

  /** @param report receives what a listener threw; the other listeners still receive the message */
  constructor(private readonly report: (error: unknown) => void) {
    super();
  }

  async publish(topic: string, message: unknown): Promise<void> {
    this.publishHere(topic, message);
  }

  publishHere(topic: string, message: unknown): void {
    this.emitter.emit(topic, message);
  }

  async subscribe(topic: string, onMessage: Listener): Promise<number> {
    const listener: Listener = (message) => {
      try {
        onMessage(message);
      } catch (error) {
        this.report(error);
      }
    };
    this.lastId += 1;
    this.subscriptions.set(this.lastId, { topic, listener });
    this.emitter.on(topic, listener);
    return this.lastId;
  }

  async close(): Promise<void> {
    this.emitter.removeAllListeners();
    this.subscriptions.clear();
  }

  unsubscribe(id: number): void {
    const subscription = this.subscriptions.get(id);
    if (!subscription) return;
    this.subscriptions.delete(id);
    this.emitter.off(subscription.topic, subscription.listener);
  }
}
