import { Router } from 'express';
import { notFound } from '../api-error';
import { pageOf } from '../pages';
import type { Workspace } from '../workspace';
import { shownTemplate, type Template } from './template';

/** `/v2/templates`: the templates of the account, and their roles. */
export function templatesApi({ templates }: Workspace): Router {
  const api = Router();
  const wanted = (id: string): Template => {
    const found = templates.get(id);
    if (!found) throw notFound('template');
    return found;
  };

  api.get('/', (request, response) => {
    const page = pageOf(request, templates.all());
    response.json({ ...page, data: page.data.map(shownTemplate) });
  });
  api.get('/:id', (request, response) => {
    response.json(shownTemplate(wanted(request.params.id)));
  });
  return api;
}
