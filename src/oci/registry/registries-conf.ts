import type { Environment } from "./transport.ts";
export interface RegistriesConf {
  readonly placeholder: true;
}
export async function readRegistriesConf(_environment: Environment): Promise<RegistriesConf> {
  return { placeholder: true };
}
