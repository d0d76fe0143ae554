import { markupIsAccessible } from '../harness/accessibility';
import { expect, test } from '../harness/test';

test.describe('without JavaScript', { tag: '@core' }, () => {
  test('51 a post is answered with the feed, and F5 posts nothing again', async ({ visitors, database }) => {
    const tab = await visitors.arrive({ javaScriptEnabled: false });
    await tab.page.goto('/feed');
    const id = await tab.draftId();
    await tab.post('Written without a script');

    await expect(tab.page).toHaveURL(new RegExp(`/feed\\?room=lobby#post-${id}$`));
    await expect(tab.card('Written without a script')).toHaveAttribute('data-id', id);
    await tab.page.reload();
    await expect(tab.cards).toHaveCount(1);
    expect(await database.rows()).toHaveLength(1);
  });

  test('52 Back and the same form again is the same post', async ({ visitors, database }) => {
    const tab = await visitors.arrive({ javaScriptEnabled: false });
    await tab.page.goto('/feed');
    const id = await tab.draftId();
    await tab.post('Sent twice by hand');
    await expect(tab.card('Sent twice by hand')).toBeVisible();

    await tab.page.goBack();
    expect(await tab.draftId(), 'Back brings the same id again').toBe(id);
    await tab.post('Sent twice by hand');
    await expect(tab.page).toHaveURL(new RegExp(`#post-${id}$`));
    await expect(tab.card('Sent twice by hand')).toHaveCount(1);
    expect(await database.rows()).toHaveLength(1);
  });

  test('53 Back and another text is refused with both texts, and can be posted as new', async ({
    visitors,
    database,
  }) => {
    const tab = await visitors.arrive({ javaScriptEnabled: false });
    await tab.page.goto('/feed');
    await tab.post('The first text');
    await expect(tab.card('The first text')).toBeVisible();

    await tab.page.goBack();
    await tab.write('Another text');
    const answered = tab.page.waitForResponse((response) => response.request().method() === 'POST');
    await tab.postButton.click();
    expect((await answered).status()).toBe(422);
    await expect(tab.page.getByRole('main')).toContainText('The first text');
    await expect(tab.page.getByRole('main')).toContainText('Another text');
    expect((await database.rows()).map((row) => row.content)).toEqual(['The first text']);
    await markupIsAccessible(tab.page);

    await tab.page.getByRole('button', { name: /^Post/ }).click();
    await expect(tab.card('Another text')).toHaveCount(1);
    await expect(tab.card('The first text')).toHaveCount(1);
  });

  test('54 the page of a refused post, loaded again, posts nothing', async ({ visitors, database, intents }) => {
    const tab = await visitors.arrive({ javaScriptEnabled: false });
    await tab.page.goto('/feed');
    await tab.post('What stands');
    await expect(tab.card('What stands')).toBeVisible();
    await tab.page.goBack();
    await tab.write('Refused, and refused again');
    intents.withdraw('Refused, and refused again');
    const refused = () => tab.page.waitForResponse((response) => response.request().method() === 'POST');
    const first = refused();
    await tab.postButton.click();
    expect((await first).status()).toBe(422);
    // A page that is not there yet cannot be loaded again.
    await expect(tab.page.getByRole('main')).toContainText('What stands');
    await tab.page.waitForLoadState();
    for (const _ of [1, 2]) {
      // The browser sends the form again, as it does after its own question.
      const again = refused();
      await tab.page.reload();
      expect((await again).status()).toBe(422);
      await expect(tab.page.getByRole('main')).toContainText('Refused, and refused again');
      await expect(tab.page.getByRole('main')).toContainText('What stands');
      await tab.page.waitForLoadState();
    }
    expect((await database.rows()).map((row) => row.content)).toEqual(['What stands']);
  });
});

test('a text with CRLF, markup and SQL is stored as it was meant and shown inert', async ({ visitors, database }) => {
  const tab = await visitors.arrive({ javaScriptEnabled: false });
  await tab.page.goto('/feed');
  const text = `<script>alert(1)</script>\n'); drop table posts; --`;
  await tab.post(text);
  await expect(tab.cards).toHaveCount(1);
  expect((await database.rows()).map((row) => row.content)).toEqual([text]);
});
