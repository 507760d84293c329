/** A SHA-256 computed here and filled in: [data-hash-here] with data-worker (script), data-target (id of the field) and
 * data-text-hashing, -done, -failed; inside an input[type=file] without a name, so that it cannot be sent, and
 * [data-hash-said]. Without JavaScript it stays hidden, and the field is typed. */
import { sizeText } from "./dropzone";
import type { Report } from "./hashing";

export function enableHashing(root: ParentNode): void {
  for (const part of root.querySelectorAll<HTMLElement>("[data-hash-here]")) connect(part);
}

function connect(root: HTMLElement): void {
  const input = root.querySelector<HTMLInputElement>("input[type=file]");
  const said = root.querySelector<HTMLElement>("[data-hash-said]");
  const target = document.getElementById(root.dataset.target ?? "") as HTMLInputElement | null;
  if (!input || !said || !target) return;
  root.hidden = false;
  let worker: Worker | undefined;
  const end = (text = ""): void => {
    worker?.terminate();
    worker = undefined;
    said.textContent = text;
  };
  const compute = (): void => {
    end();
    const file = input.files?.[0];
    if (!file) return;
    const { worker: script = "", textHashing, textDone, textFailed } = root.dataset;
    if (!file.size) return end(textFailed);
    worker = new Worker(script, { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Report>) => {
      if (data.sha256) {
        target.value = data.sha256;
        end(textDone);
      } else if (data.failed) end(textFailed);
      else said.textContent = `${textHashing ?? ""} ${sizeText(data.done ?? 0)} / ${sizeText(file.size)}`;
    };
    worker.onerror = () => end(textFailed);
    worker.postMessage({ id: 1, file });
  };
  input.addEventListener("change", compute);
  // A file may be there already: chosen before this script came, or kept by the browser over a reload.
  compute();
}
