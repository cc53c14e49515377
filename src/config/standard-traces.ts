import type { Environment } from './values';

/**
 * Whether traces are to be collected, by the variables that OpenTelemetry has for it: an address to send them to, and nothing that says no.
 * The rest of its variables are read by its SDK.
 *
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function areTracesWanted(env: Environment): boolean {
  const addresses = [env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'], env['OTEL_EXPORTER_OTLP_ENDPOINT']];
  const isOff = env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';
  return addresses.some((address) => address?.trim()) && !isOff && env['OTEL_TRACES_EXPORTER'] !== 'none';
}
