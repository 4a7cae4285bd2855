import { mayBeSameClient } from '#dots/workspace/documentSet';
import type { Range } from '#dots/model/finding';
import type { LanguageService, NameAt, ParsedDocument } from '#service/service';
import type { DocumentCache, SourceDocument } from './documentCache';
import { attempt, readStart, realFile, type FileNaming } from './files';
import { folderLimits } from './folderIndex';
import type { Validator } from './validator';

/** A place that has a name. */
export interface NamedPlace {
  uri: string;
  /** The range of the name without its quotes. */
  range: Range;
  at: NameAt;
  document: ParsedDocument;
}

export interface NameSearchOptions {
  service: LanguageService;
  documents: DocumentCache;
  validator: Validator;
  naming: FileNaming;
  sources(): readonly SourceDocument[];
  /** The path of the user's file of server profiles; undefined if it is not used. */
  profilesFile(): Promise<string | undefined>;
}

/** Finds names in the documents that belong together, and in the product's own files. */
export class NameSearch {
  constructor(private readonly options: NameSearchOptions) {}

  /** The name at a place, or undefined. */
  at(source: SourceDocument, position: Range['start']): NamedPlace | undefined {
    const { service, documents } = this.options;
    const document = documents.parsed(source);
    const at = service.nameAt(document, position);
    return at === undefined ? undefined : this.placed(source.uri, document, at);
  }

  /** All places that name the same thing, in the order of their files. */
  async same(place: NamedPlace): Promise<NamedPlace[]> {
    const { service, validator } = this.options;
    const own = service.names(place.document, place.at.name).filter((each) => service.isSameName(place.at, each));
    const here = own.map((each) => this.placed(place.uri, place.document, each));
    if (place.at.of.reach === 'file' || place.at.of.reach === 'entry') return here;
    const sets = await validator.loaded(place.uri);
    const owner = (uri: string, at: NameAt): string | undefined => at.cuid ?? sets.context(uri).cuid;
    const mine = owner(place.uri, place.at);
    const isSame = ({ uri, at }: NamedPlace): boolean =>
      at.of === place.at.of && (at.of.reach === 'user' || mayBeSameClient(owner(uri, at), mine));
    const files = await this.files(
      place.uri,
      sets.of(place.uri).members.map(({ file }) => file),
      sets.governing(place.uri).path,
    );
    return [...here.filter(isSame), ...files.flatMap((file) => this.inFile(file, place.at.name)).filter(isSame)];
  }

  /** What is defined under the name that is used at a place, in words. */
  async definitions(source: SourceDocument | undefined, position: Range['start']): Promise<string[]> {
    const { documents, service } = this.options;
    const place = source === undefined || documents.isForeign(source) ? undefined : this.at(source, position);
    if (place?.at.role !== 'use') return [];
    const places = (await this.same(place)).filter(({ at }) => at.role === 'definition');
    return places.flatMap(({ document, at }) => service.definitionLabel(document, at) ?? []);
  }

  /** The other files that may have a name. */
  private async files(uri: string, members: readonly string[], workspace: string | undefined): Promise<string[]> {
    const { naming } = this.options;
    const own = [workspace, await this.options.profilesFile()].filter((path) => path !== undefined);
    return [...new Set([...members, ...own.map((path) => naming.nameOf(path))])].filter((file) => file !== uri);
  }

  private inFile(file: string, name: string): NamedPlace[] {
    const document = this.read(file);
    if (document === undefined) return [];
    return this.options.service.names(document, name).map((at) => this.placed(file, document, at));
  }

  private read(file: string): ParsedDocument | undefined {
    const { naming, sources, documents, service } = this.options;
    const open = sources().find(({ uri }) => uri === file);
    if (open !== undefined) return documents.parsed(open);
    const path = naming.pathOf(file);
    const real = path === undefined ? undefined : attempt(() => realFile(path));
    if (path === undefined || real === undefined || real.size > folderLimits.fileOctets) return undefined;
    const octets = attempt(() => readStart(path, real.size));
    return octets === undefined ? undefined : service.parse(octets, path);
  }

  private placed(uri: string, document: ParsedDocument, at: NameAt): NamedPlace {
    return { uri, document, at, range: this.options.service.nameRange(document, at) };
  }
}
