import { randomUUID } from 'node:crypto';
import type { ApiAnswer } from '../api.ts';

/** A refusal in the terms of AWS's query protocol. */
export class QueryRefusal extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** The answer of an operation, its result being XML. */
export function queryAnswer(xmlns: string, action: string, result: string): ApiAnswer {
  return xml(
    200,
    `<${action}Response xmlns="${xmlns}"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>@REQUEST@</RequestId></ResponseMetadata></${action}Response>`,
  );
}

/** What answers a refusal. */
export function refusalAnswer(xmlns: string, { code, message, status }: QueryRefusal): ApiAnswer {
  return xml(
    status,
    `<ErrorResponse xmlns="${xmlns}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error><RequestId>@REQUEST@</RequestId></ErrorResponse>`,
  );
}

function xml(status: number, body: string): ApiAnswer {
  const id = randomUUID();
  const headers = { 'content-type': 'text/xml', 'x-amzn-requestid': id };
  return { status, headers, body: body.replace('@REQUEST@', id) };
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
