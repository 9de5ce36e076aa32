import { describe, expect, it } from 'vitest';
import { FIRST_SERVER_ID } from '../object/limits.ts';
import { ObjectTable } from './object-table.ts';

describe('the ids of a connection', () => {
  it('are used again by a client, or run out: the table does not grow for ever', () => {
    const table = new ObjectTable(10);
    for (let id = 2; id <= 10; id++) {
      expect(table.clientIdProblem(id)).toBeUndefined();
      table.add(id, 'wl_region');
      table.remove(id);
    }
    expect(table.clientIdProblem(11)).toMatch(/more than the 10 ids/);
    expect(table.clientIdProblem(2)).toBeUndefined();
  });

  it('are of each side’s own range, without gaps', () => {
    const table = new ObjectTable();
    expect(table.clientIdProblem(1)).toMatch(/in use/);
    expect(table.clientIdProblem(3)).toMatch(/gap/);
    expect(table.clientIdProblem(FIRST_SERVER_ID)).toMatch(/not an id for clients/);
    expect(table.serverIdProblem(2)).toMatch(/not an id for servers/);
    expect(table.serverIdProblem(FIRST_SERVER_ID + 1)).toMatch(/gap/);
    table.add(FIRST_SERVER_ID, 'wl_data_offer');
    expect(table.serverIdProblem(FIRST_SERVER_ID + 1)).toBeUndefined();
    expect(table.get(FIRST_SERVER_ID)?.name).toBe('wl_data_offer');
  });
});
