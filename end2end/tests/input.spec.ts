import { expect, test } from '../harness/test';

test.describe('one intent, pressed many times', () => {
  test('34 a double click', { tag: '@core' }, async ({ tab, database }) => {
    await tab.open();
    await tab.write('Clicked twice');
    await tab.postButton.dblclick();
    await expect(tab.card('Clicked twice')).toHaveAttribute('data-state', 'posted');
    expect(await database.rows()).toHaveLength(1);
    await expect(tab.composer, 'nobody complains about the second click').not.toContainText('write something');
  });

  test('35 ten clicks in one frame', { tag: '@core' }, async ({ tab, database, witness }) => {
    await tab.open();
    await tab.write('Clicked ten times');
    await tab.postButton.evaluate((button: HTMLButtonElement) => {
      for (let click = 0; click < 10; click++) button.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
    });
    await expect(tab.card('Clicked ten times')).toHaveAttribute('data-state', 'posted');
    expect(await database.rows()).toHaveLength(1);
    expect(witness.writes).toHaveLength(1);
  });

  test('36 Enter held on the button', async ({ tab, database }) => {
    await tab.open();
    await tab.write('Enter held');
    await tab.postButton.focus();
    for (let repeat = 0; repeat < 30; repeat++) await tab.page.keyboard.down('Enter');
    await tab.page.keyboard.up('Enter');
    await expect(tab.card('Enter held')).toHaveAttribute('data-state', 'posted');
    expect(await database.rows()).toHaveLength(1);
  });

  test('36 Ctrl+Enter held in the text', async ({ tab, database }) => {
    await tab.open();
    await tab.write('Ctrl+Enter held');
    await tab.text.focus();
    await tab.page.keyboard.down('Control');
    for (let repeat = 0; repeat < 30; repeat++) await tab.page.keyboard.down('Enter');
    await tab.page.keyboard.up('Enter');
    await tab.page.keyboard.up('Control');
    await expect(tab.card('Ctrl+Enter held')).toHaveAttribute('data-state', 'posted');
    expect(await database.rows()).toHaveLength(1);
  });

  test('37 Enter that ends a composition posts nothing', async ({ tab, database }) => {
    await tab.open();
    await tab.text.focus();
    const session = await tab.page.context().newCDPSession(tab.page);
    await session.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 });
    await tab.text.evaluate((field) => {
      const enter = { key: 'Enter', ctrlKey: true, isComposing: true, bubbles: true, cancelable: true };
      field.dispatchEvent(new KeyboardEvent('keydown', enter));
    });
    await session.send('Input.insertText', { text: '日本' });
    await expect(tab.text).toHaveValue('日本');
    await expect(tab.cards).toHaveCount(0);

    await tab.write('日本 and the rest');
    await tab.page.keyboard.press('Control+Enter');
    await expect(tab.card('日本 and the rest')).toHaveAttribute('data-state', 'posted');
    expect(await database.rows()).toHaveLength(1);
  });

  test('38 the shortcut and a click together', async ({ tab, database }) => {
    await tab.open();
    await tab.write('Pressed in two ways at once');
    await tab.composer.evaluate((form) => {
      const enter = { key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true };
      form.querySelector('textarea')?.dispatchEvent(new KeyboardEvent('keydown', enter));
      form.querySelector<HTMLButtonElement>('button[type="submit"]')?.click();
    });
    await expect(tab.card('Pressed in two ways at once')).toHaveAttribute('data-state', 'posted');
    expect(await database.rows()).toHaveLength(1);
  });

  test('the same words on purpose are two posts', async ({ tab, database, intents }) => {
    await tab.open();
    await tab.enqueue('hi');
    await tab.enqueue('hi');
    await expect(tab.cards).toHaveCount(2);
    await expect.poll(async () => (await database.rows()).map((row) => row.content)).toEqual(['hi', 'hi']);
    intents.refuse('hi');
  });
});

test.describe('41 what can be written', () => {
  test('2,048 characters are posted and 2,049 are not', async ({ tab, database, intents }) => {
    await tab.open();
    const full = '🦀'.repeat(1_024) + 'ש'.repeat(1_024);
    await tab.write(`${full}!`);
    // The button says that it is disabled, and still answers with the reason.
    await tab.postButton.click({ force: true });
    intents.refuse(`${full}!`);
    await expect(tab.composer).toContainText('Too long by 1');
    await expect(tab.text).toHaveValue(`${full}!`);
    await expect(tab.cards).toHaveCount(0);
    expect(await database.rows()).toHaveLength(0);

    await tab.post(full);
    await expect(tab.card(full)).toHaveAttribute('data-state', 'posted');
    expect((await database.rows()).map((row) => row.content)).toEqual([full]);
  });

  test('nothing is not a post', async ({ tab, database }) => {
    await tab.open();
    await tab.postButton.click();
    await expect(tab.composer).toContainText('nothing to post yet');
    await expect(tab.text).toBeFocused();
    expect(await database.rows()).toHaveLength(0);
  });

  test('markup and SQL are stored verbatim and shown inert', async ({ tab, database }) => {
    await tab.open();
    const texts = [
      '<script>document.title = "taken over"</script>',
      '<img src=x onerror="document.title = \'taken over\'">',
      "'); drop table posts; --",
      '  white space\n\n  is content ',
    ];
    for (const text of texts) await tab.enqueue(text);
    await expect.poll(async () => (await database.rows()).map((row) => row.content)).toEqual(texts);
    await tab.reload();
    await expect(tab.cards).toHaveCount(texts.length);
    await expect(tab.page).not.toHaveTitle(/taken over/);
    expect(await tab.cards.locator('script, img').count()).toBe(0);
  });
});
