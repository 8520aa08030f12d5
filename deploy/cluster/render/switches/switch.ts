/**
 * Says what one value does: in a variant that sets it, the object named `Kind/name` has at a path of its own what is
 * wanted. An object of undefined must not be there.
 */
export interface Switch {
  value: string;
  variant: string;
  object: string;
  at?: string;
  is?: unknown;
}

/** Is where the spec of a workload's pods lies, and in it its main container. */
export const pod = 'spec.template.spec';
export const main = `${pod}.containers.0`;

/** Says what a value does in one variant; without a path, that the object is not there. */
export function effect(value: string, variant: string, object: string, at?: string, is?: unknown): Switch {
  return { value, variant, object, ...(at !== undefined && { at, is }) };
}
