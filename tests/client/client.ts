// The part of a client that is written by hand. The types are generated from api/openapi.yaml.
import createClient, { type Client } from "openapi-fetch";
import type {
  CreatedPhoto,
  KnownPhoto,
  NewPhoto,
  operations,
  paths,
  PhotoChanges,
  PhotoPage,
  Problem,
  ReadyPhoto,
  UploadForm,
} from "./api.ts";

export type PhotoSky = Client<paths>;
export type ContentType = NewPhoto["content_type"];
export type Listing = Omit<NonNullable<operations["listPhotos"]["parameters"]["query"]>, "cursor">;

/** The API for one signed-in user. `token` is called before each request, so that the token can be renewed. */
export function photosky(baseUrl: string, token: () => string): PhotoSky {
  const api = createClient<paths>({ baseUrl });
  api.use({
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${token()}`);
      return request;
    },
  });
  return api;
}

/** The body of a response. Throws if the response is a problem. */
export function bodyOf<T>({ data, error, response }: { data?: T; error?: Problem; response: Response }): T {
  if (data === undefined) throw new Error(`${response.status} ${error?.code}: ${error?.detail}`);
  return data;
}

/** Whether an upload is needed. It is not if the owner has the photo already. */
export function awaitsUpload(created: CreatedPhoto | KnownPhoto): created is CreatedPhoto {
  return "upload" in created;
}

/** Upload the bytes with the photo's form: the fields first, the file last, without the token. */
export async function upload(form: UploadForm, bytes: Blob): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append("file", bytes);
  return fetch(form.url, { method: "POST", body });
}

/** All photos of a listing, page by page. */
export async function* allPhotos(api: PhotoSky, listing: Listing): AsyncGenerator<ReadyPhoto> {
  let cursor: string | null = null;
  do {
    const query: Listing & { cursor?: string } = cursor ? { ...listing, cursor } : listing;
    const page: PhotoPage = bodyOf(await api.GET("/photos", { params: { query } }));
    yield* page.photos;
    cursor = page.next_cursor;
  } while (cursor);
}

/** Apply all changes since a cursor to a copy of the photos. Returns the next cursor; store it together with the copy. */
export async function follow(api: PhotoSky, copy: Map<string, ReadyPhoto>, cursor?: string): Promise<string> {
  let page: PhotoChanges;
  do {
    page = bodyOf(await api.GET("/changes", { params: { query: cursor ? { cursor } : {} } }));
    for (const change of page.changes) {
      if (change.type === "upserted") copy.set(change.photo.photo_id, change.photo);
      else copy.delete(change.photo_id);
    }
    cursor = page.next_cursor;
  } while (page.has_more);
  return cursor;
}
