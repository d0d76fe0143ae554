import { Lab } from '../harness/lab';
import { type Scenario, scenarios } from '../harness/scenarios';
import { expect, test } from '../harness/test';

/** What a run gave is what the scenario's file has on record, line by line. */
async function matches(lab: Lab, { golden }: Scenario): Promise<void> {
  for (const [lane, lines] of Object.entries(golden)) expect(await lab.lines(lane), lane).toEqual(lines);
}

for (const scenario of scenarios.filter(({ golden }) => Object.keys(golden).length > 0)) {
  test(`${scenario.name} gives its golden lines twice in a row and after a reload`, { tag: '@core' }, async ({ tab }) => {
    test.setTimeout(180_000);
    const lab = new Lab(tab);
    await lab.open(scenario.query);
    for (let time = 0; time < 2; time += 1) {
      await lab.run();
      await matches(lab, scenario);
    }
    await tab.page.reload();
    await lab.able();
    await matches(lab, scenario);
    await lab.run();
    await matches(lab, scenario);
  });
}
