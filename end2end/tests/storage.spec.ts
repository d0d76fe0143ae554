import { expect, test } from '../harness/test';
import { NOT_KEPT } from '../harness/words';

test('57 where storage throws, posts are sent from memory and the page says so', async ({ tab, database }) => {
  await tab.page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('refused by the test', 'InvalidStateError');
    };
  });
  await tab.open();
  await expect(tab.page.getByText(NOT_KEPT)).toBeVisible();
  await tab.post('Kept in memory alone');
  await expect(tab.card('Kept in memory alone')).toHaveAttribute('data-state', 'posted');
  await expect(tab.page.getByText(NOT_KEPT), 'the notice stays').toBeVisible();
  expect(await database.rows()).toHaveLength(1);
});

test('58 where storage never answers, the page does not wait for it', async ({ tab, database }) => {
  await tab.page.addInitScript(() => {
    const open = IDBFactory.prototype.open;
    IDBFactory.prototype.open = function (...given) {
      const request = open.apply(this, given);
      for (const name of ['success', 'error', 'blocked', 'upgradeneeded']) {
        request.addEventListener(name, (event) => event.stopImmediatePropagation());
      }
      return request;
    };
  });
  await tab.open();
  await expect(tab.page.getByText(NOT_KEPT)).toBeVisible();
  await tab.post('Not waiting for a disk');
  await expect(tab.card('Not waiting for a disk')).toHaveAttribute('data-state', 'posted');
  expect(await database.rows()).toHaveLength(1);
});

test('59 where storage is full, the text stays and the page says why', async ({ tab, server, database }) => {
  await tab.open();
  const session = await tab.page.context().newCDPSession(tab.page);
  await session.send('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize: 1 });
  await tab.post('No room for this');
  await expect(tab.composer).toContainText(/full|keep/);
  await expect(tab.text).toHaveValue('No room for this');

  await session.send('Storage.overrideQuotaForOrigin', { origin: server.url });
  await tab.postButton.click();
  await expect(tab.card('No room for this')).toHaveAttribute('data-state', 'posted');
  expect(await database.rows()).toHaveLength(1);
});
