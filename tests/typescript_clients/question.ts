// A partner's program: it compiles only while the answer has these fields with these types.
import type { paths } from "./partner-gateway";

type Find = paths["/v1/building-permits"]["get"];
type Query = NonNullable<Find["parameters"]["query"]>;
type Page = Find["responses"]["200"]["content"]["application/json"];

const ADDRESS: keyof paths = "/v1/building-permits";

/** Says what a permit of the plan is, and which stages of its insulation were inspected. */
export async function findPermits(gateway: string, token: string, plan: string) {
  const query = { plan_number: plan, status: "valid" } satisfies Query;
  const answer = await fetch(`${gateway}${ADDRESS}?${new URLSearchParams(query)}`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  if (!answer.ok) throw new Error(`the gateway answered ${answer.status}`);
  const page: Page = await answer.json();
  return page.items.map((permit) => ({
    permit_id: permit.permit_id,
    status: permit.status_title.en,
    stages: permit.insulation?.stages.map((stage) => stage.stage) ?? [],
  }));
}
