import { sectionOf } from './markdown';

/** Commands of the README that a reader pastes, and what the README says they print. */
export interface Step {
  readonly commands: string;
  readonly prints: string;
}

interface Block {
  readonly language: string;
  readonly text: string;
}

/** The blocks of code under a heading of the second level of a page, in order. */
export function blocksUnder(page: string, heading: string): Block[] {
  const found = sectionOf(page, heading).matchAll(/^```(\w+)\n(.*?)^```$/gms);
  return [...found].map(([, language = '', block = '']) => ({ language, text: block }));
}

/** The steps under a heading of the second level, in order. */
export function stepsOfReadme(heading: string): Step[] {
  const steps: Step[] = [];
  for (const { language, text } of blocksUnder('README.md', heading)) {
    if (language === 'sh') steps.push({ commands: text, prints: '' });
    else steps.push({ commands: steps.pop()?.commands ?? '', prints: text });
  }
  return steps;
}

/** The text with everything that differs from run to run replaced by a word for it. */
export function masked(text: string): string {
  return text
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'TOKEN')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'ID')
    .replace(/\b[0-9a-f]{24,64}\b/g, 'ID')
    .replace(/mongodb:\/\/\S+/g, 'mongodb://PLACE')
    .replace(/127\.0\.0\.1:\d+/g, 'HERE');
}
