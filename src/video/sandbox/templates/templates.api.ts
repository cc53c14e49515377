import { type Request, Router } from 'express';
import { badBody, notFound } from '../api-error';
import { asObject } from '../body';
import { pageOf } from '../pages';
import type { Workspace } from '../workspace';
import { newTemplate, type Role, shownTemplate, type Template } from './template';
import { readRole, readTemplateBody } from './template-body';

/** `/v2/templates`: the templates of the account, their roles, and what is recorded and sent where. */
export function templatesApi(workspace: Workspace): Router {
  const { templates } = workspace;
  const api = Router();

  api.post('/', (request, response) => {
    const { name, ...given } = readTemplateBody(request.body);
    if (name === undefined) throw badBody('name');
    const taken = templates.all().find((template) => template.name === name);
    // A name that is taken is no mistake: it means that template, all of which is replaced.
    const template = taken ? change(workspace, taken, given) : newTemplate(workspace, { name, ...given });
    response.json(shownTemplate(templates.put(template)));
  });
  api.get('/', (request, response) => {
    const page = pageOf(request, templates.all());
    response.json({ ...page, data: page.data.map(shownTemplate) });
  });
  api
    .route('/:id')
    .get((request, response) => {
      response.json(shownTemplate(wanted(workspace, request)));
    })
    .post((request, response) => {
      const before = wanted(workspace, request);
      const { name = before.name, ...given } = readTemplateBody(request.body);
      response.json(shownTemplate(change(workspace, before, { name, ...given })));
    });
  api
    .route('/:id/roles/:role')
    .get((request, response) => {
      response.json(wantedRole(workspace, wanted(workspace, request), request.params.role));
    })
    .post((request, response) => {
      const template = wanted(workspace, request);
      const names = [...new Set([...Object.keys(template.roles), request.params.role])];
      const role = readRole(request.params.role, request.body, names);
      change(workspace, template, { roles: { ...template.roles, [role.name]: role } });
      response.json(role);
    })
    .delete((request, response) => {
      const template = wanted(workspace, request);
      const { [request.params.role]: _, ...roles } = template.roles;
      wantedRole(workspace, template, request.params.role);
      change(workspace, template, { roles });
      response.status(204).end();
    });
  for (const part of ['settings', 'destinations'] as const) {
    api
      .route(`/:id/${part}`)
      .get((request, response) => {
        response.json(wanted(workspace, request)[part]);
      })
      .post((request, response) => {
        const body = asObject(request.body);
        response.json(change(workspace, wanted(workspace, request), { [part]: body })[part]);
      });
  }
  api
    .route('/:id/recordings')
    .get((request, response) => {
      response.json(wanted(workspace, request).recordings);
    })
    .post((request, response) => {
      const recordings: unknown = request.body;
      // At present one configuration is the most.
      if (!Array.isArray(recordings) || recordings.length !== 1) throw badBody('recordingConfigs');
      response.json(change(workspace, wanted(workspace, request), { recordings }).recordings);
    });
  return api;
}

function change({ templates, clock }: Workspace, before: Template, changes: Partial<Template>): Template {
  return templates.put({ ...before, ...changes, updatedAt: clock.timestamp() });
}

function wanted({ templates }: Workspace, { params }: Request): Template {
  const found = templates.get(String(params['id']));
  if (!found) throw notFound('template');
  return found;
}

function wantedRole({ templates }: Workspace, { id }: Template, name: string): Role {
  const found = templates.role(id, name);
  if (!found) throw notFound('role');
  return found;
}
