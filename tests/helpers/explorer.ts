import type { Locator, Page } from 'playwright-core';

/** How long a page may take to show something, on a machine that has other things to do. */
const PATIENCE_MS = 20_000;

/** The page of the local explorer as a user has it: by what it shows, by the keyboard and by the mouse. */
export class Explorer {
  private constructor(readonly page: Page) {}

  static async open(page: Page, url: string): Promise<Explorer> {
    await page.goto(`${url}/graphql/explorer`);
    const explorer = new Explorer(page);
    await explorer.isThere();
    return explorer;
  }

  /** Resolves once a page that was opened by other means shows the editors. */
  async isThere(): Promise<void> {
    await this.page.locator('.graphiql-query-editor .view-line').first().waitFor();
  }

  /** The notice that a login is needed. */
  get notice(): Locator {
    return this.page.locator('#login');
  }

  query(): Promise<string> {
    return shown(this.page.locator('.graphiql-query-editor .view-lines'));
  }

  /** Resolves once the response holds all of these texts; rejects with what it holds instead. */
  async says(...texts: string[]): Promise<string> {
    const response = this.page.locator('.result-window .view-lines');
    let text = '';
    for (const end = performance.now() + PATIENCE_MS; performance.now() < end; ) {
      text = await shown(response);
      const compact = withoutSpace(text);
      if (texts.every((each) => compact.includes(withoutSpace(each)))) return text;
      await this.page.evaluate('new Promise(requestAnimationFrame)');
    }
    throw new Error(`The response does not hold ${JSON.stringify(texts)}:\n${text}`);
  }

  /** Enters a text in place of what the headers tab holds. */
  async enterHeaders(text: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Headers', exact: true }).click();
    await this.enter('.graphiql-editor-tool .graphiql-editor:not(.hidden) .view-lines', text);
  }

  /** Enters an operation without a name, and resolves once GraphiQL has read it, which it does a little later. */
  async enterQuery(text: string): Promise<void> {
    await this.enter('.graphiql-query-editor .view-lines', text);
    await this.page.locator('.graphiql-tab-button').getByText('<untitled>').waitFor();
  }

  /** Runs what the editor holds, or stops what is running. */
  async press(): Promise<void> {
    await this.page.locator('button.graphiql-execute-button').click();
  }

  /** Resolves once nothing is waited for: no spinner turns. */
  async rests(): Promise<void> {
    await this.page.locator('.graphiql-spinner').waitFor({ state: 'detached' });
  }

  /** Resolves once the documentation has a type of the schema. */
  async documents(type: string): Promise<void> {
    const button = this.page.getByRole('button', { name: 'Show Documentation Explorer' });
    if (await button.isVisible()) await button.click();
    await this.page.locator('.graphiql-doc-explorer-type-name').getByText(type, { exact: true }).waitFor();
  }

  /** Pastes it, because an editor closes the brackets and quotes that are typed. */
  private async enter(editor: string, text: string): Promise<void> {
    await this.page.evaluate((pasted) => navigator.clipboard.writeText(pasted), text);
    await this.page.locator(editor).click();
    await this.page.keyboard.press('ControlOrMeta+A');
    await this.page.keyboard.press('ControlOrMeta+V');
  }
}

/** The text of an editor, its lines one after the other. An editor shows other spaces than those that it holds. */
async function shown(lines: Locator): Promise<string> {
  return ((await lines.textContent()) ?? '').replaceAll('\u00a0', ' ');
}

/** An editor breaks long lines. */
const withoutSpace = (text: string): string => text.replace(/\s+/g, '');
