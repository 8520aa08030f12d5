/**
 * The decoder: a process that reads one photo of strangers after the other, and holds nothing worth taking.
 *
 * An entry point of its own, started by decoder.ts: besides main.ts the only file that reads the process and ends it.
 */
import { confine } from './confine.ts';
import { mayBeHungry } from './hunger.ts';
import type { DecodeRequest, Reply } from './protocol.ts';

const say = (reply: Reply) => void process.send?.(reply);

process.once('disconnect', () => process.exit());
// A terminal's Ctrl-C goes to all of its processes: the target still wants the photo that it has in hand.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});
const memoryBytes = Number(process.argv[2]);
const confined = confine(memoryBytes, process);
// Only now, so that also what libraries do while they are loaded is confined.
const [{ develop }, { Undecodable }] = await Promise.all([import('./develop.ts'), import('../undecodable.ts')]);

process.on('message', async (request: DecodeRequest) => {
  try {
    const rendered = await develop(request, (preview) => say({ type: 'previewed', preview }));
    say({ type: 'rendered', rendered, rssBytes: process.memoryUsage.rss() });
  } catch (error) {
    const message = (error instanceof Error ? error.message : String(error)).slice(0, 500);
    const mostRssBytes = process.resourceUsage().maxRSS * 1_024;
    const [rssBytes, hungry] = [process.memoryUsage.rss(), mayBeHungry(error, mostRssBytes, memoryBytes)];
    if (error instanceof Undecodable) say({ type: 'undecodable', message, rssBytes, hungry });
    else say({ type: 'broken', message, full: /ENOSPC|EDQUOT|No space left|quota exceeded/i.test(message) });
  }
});
say({ type: 'ready', confined });
