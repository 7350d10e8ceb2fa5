"use strict";
/* The routes of the OpenAPI document, each with a form to try it. */

(() => {
  const id = name => document.getElementById(name);

  function element(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  function filled(path, fields) {
    const query = new URLSearchParams();
    let filledIn = path;
    for (const { spec, input } of fields) {
      if (spec.in === "path") filledIn = filledIn.replace(`{${spec.name}}`, encodeURIComponent(input.value));
      else if (input.value) query.set(spec.name, input.value);
    }
    return query.size ? `${filledIn}?${query}` : filledIn;
  }

  function readable(text) {
    try {
      return JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }

  function route(path, method, operation) {
    const fields = (operation.parameters ?? []).map(spec => ({
      spec, input: element("input", { required: spec.required ?? false, placeholder: spec.description ?? "" }),
    }));
    const labels = fields.map(({ spec, input }) => element("label", {}, `${spec.name} `, input));
    const what = `${method.toUpperCase()} ${path}`;
    const output = element("pre", { tabIndex: 0, hidden: true, role: "region", ariaLabel: `Answer of ${what}` });
    const form = element("form", {}, ...labels, element("button", { type: "submit" }, "Try it"));
    form.addEventListener("submit", async event => {
      event.preventDefault();
      output.hidden = false;
      output.textContent = "…";
      const answer = await Ask.send(filled(path, fields), method.toUpperCase()).catch(error => ({ status: "", text: error.message }));
      output.textContent = `${answer.status}\n${readable(answer.text)}`;
    });
    const title = element("h2", {}, element("code", {}, what));
    return element("div", { className: "route" }, title, element("p", {}, operation.summary ?? ""), form, output);
  }

  id("login").addEventListener("submit", event => {
    event.preventDefault();
    Ask.token(id("token").value);
  });

  Ask.json("/api/openapi.json").then(api => {
    const routes = Object.entries(api.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => route(path, method, operation)));
    id("routes").replaceChildren(...routes);
  });
})();
