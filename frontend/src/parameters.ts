/** Parameters as JSON, checked while typing: [data-json] around a textarea, with [data-json-state] for the answer. */
export function enableParameters(root: ParentNode): void {
  for (const part of root.querySelectorAll<HTMLElement>("[data-json]")) {
    const field = part.querySelector("textarea");
    const state = part.querySelector<HTMLElement>("[data-json-state]");
    if (!field || !state) continue;
    const show = (): void => {
      const { problem, names } = readParameters(field.value);
      const { textObject = "", textInvalid = "", textFine = "" } = state.dataset;
      state.dataset.state = problem ? "wrong" : "right";
      if (problem) state.textContent = problem === "object" ? textObject : `${textInvalid} ${problem}`;
      else state.textContent = names.length > 0 ? `${textFine} ${names.join(", ")}` : "";
    };
    field.addEventListener("input", show);
    if (field.value.trim()) show();
  }
}

interface Parameters {
  /** "" if all is well, "object" for JSON that is no object, else the parser's own message. */
  problem: string;
  names: string[];
}

export function readParameters(text: string): Parameters {
  if (!text.trim()) return { problem: "", names: [] };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return { problem: "object", names: [] };
    return { problem: "", names: Object.keys(value) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error), names: [] };
  }
}
