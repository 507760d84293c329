/** Where a page says what became of a request to a wallet: a sentence and a next step, also to a screen reader. */
import { element } from "./elements";
import { problemOf } from "./problems";

/** Show the problem in `place`, an element with role="status" or "alert". */
export function sayProblem(place: HTMLElement, error: unknown): void {
  const problem = problemOf(error);
  place.dataset.problem = problem.code;
  place.hidden = false;
  const quiet = ["rejected", "waiting", "canceled", "slow"].includes(problem.code);
  place.className = `notice ${quiet ? "" : "notice-broken"}`.trim();
  place.replaceChildren(
    element("p", { class: "notice-title" }, problem.sentence),
    element("p", {}, problem.nextStep),
  );
}
