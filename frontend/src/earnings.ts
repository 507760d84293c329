/** Draws what was credited over time, once it comes into view. The tables say the same without it. */

const box = document.querySelector<HTMLElement>("[data-earnings]");

if (box) {
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    void draw(box);
  });
  seen.observe(box);
}

async function draw(box: HTMLElement): Promise<void> {
  const [{ default: uPlot }, answer] = await Promise.all([import("uplot"), fetch(box.dataset.earnings ?? "")]);
  if (!answer.ok) return;
  const { days, credited } = (await answer.json()) as { days: number[]; credited: number[] };
  if (days.length === 0) return;
  const first = days[0] ?? 0;
  const data: uPlot.AlignedData = [
    [first - 86400, ...days],
    [0, ...credited],
  ];
  const color = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const resolved = (name: string) => {
    // light-dark() is settled by the element that uses it.
    box.style.color = `var(${name})`;
    const found = getComputedStyle(box).color;
    box.style.color = "";
    return found;
  };
  let plot: uPlot | undefined;
  const paint = () => {
    plot?.destroy();
    const axis: uPlot.Axis = {
      stroke: resolved("--ink-2"),
      grid: { stroke: resolved("--rule"), width: 1 },
      ticks: { stroke: resolved("--rule"), width: 1 },
      font: `12px ${color("--sans")}`,
    };
    plot = new uPlot(
      {
        width: box.clientWidth,
        height: 200,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
        cursor: { y: false, drag: { x: false, y: false } },
        scales: { y: { range: (_plot, _low, high) => [0, high * 1.1 || 1] } },
        axes: [axis, { ...axis, size: 56 }],
        series: [
          { value: "{YYYY}-{MM}-{DD}", label: "UTC" },
          {
            label: box.dataset.label ?? "",
            stroke: resolved("--ink"),
            fill: resolved("--sunk"),
            width: 1.5,
            paths: uPlot.paths.stepped?.({ align: 1 }),
            value: (_plot, value) => (value === null || value === undefined ? "" : value.toFixed(2)),
          },
        ],
      },
      data,
      box,
    );
  };
  paint();
  new ResizeObserver(() => plot?.setSize({ width: box.clientWidth, height: 200 })).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}

export {};
