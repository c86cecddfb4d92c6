"""What the stages ask of the store and save, in one place to import from; no code of its own.

Every save is one transaction of results, ``done`` rows and rejections, and may be repeated: the process may be
killed at any instant. Every list has a limit.
"""

from pipeline.store.contents import content_of
from pipeline.store.story_rules import decided
from pipeline.store.work_annotate import annotations, save_annotations
from pipeline.store.work_archives import (
    archive,
    count_pages,
    finished_archives,
    save_archive,
    sources_of_pages,
    stored_pages,
)
from pipeline.store.work_collect import (
    count_new,
    due_sources,
    links_of,
    pending_links,
    save_poll,
    sync_catalogue,
)
from pipeline.store.work_copies import families, holders, same_words, save_copies
from pipeline.store.work_editions import edition_candidates, import_editions, save_edition_links
from pipeline.store.work_hosts import (
    give_back,
    host,
    hosts_with_links,
    links_of_hosts,
    origin,
    reserve,
    save_origin,
    wait,
    waiting_hosts,
)
from pipeline.store.work_pages import save_link_failure, save_page, save_pages
from pipeline.store.work_read import (
    pending_articles,
    pending_count,
    pending_pages,
    save_articles,
    save_failure,
)
from pipeline.store.work_report import reports
from pipeline.store.work_run import acquire_lease, begin_run, end_run, lease_holder, release_lease, renew_lease
from pipeline.store.work_send import (
    claim_deliveries,
    claim_delivery,
    digest_exists,
    list_deliveries,
    mark_failed,
    mark_in_doubt,
    mark_sent,
    save_digest,
    stories_sent,
    sync_subscribers,
)
from pipeline.store.work_sources import anything_due, save_source_changes, source_changes, source_days, sources_to_judge
from pipeline.store.work_stories import (
    next_story_id,
    save_conference_links,
    save_placements,
    save_taggings,
    story_window,
)
from pipeline.store.work_story_hands import merge, split, undo
from pipeline.store.work_tell import (
    live_trends,
    save_series,
    save_summaries,
    save_trends,
    series,
    summary_of,
    trends_to_tell,
    troubled_sources,
    voices,
)

__all__ = [
    "acquire_lease",
    "annotations",
    "anything_due",
    "archive",
    "begin_run",
    "claim_deliveries",
    "claim_delivery",
    "content_of",
    "count_new",
    "count_pages",
    "decided",
    "digest_exists",
    "due_sources",
    "edition_candidates",
    "end_run",
    "families",
    "finished_archives",
    "give_back",
    "holders",
    "host",
    "hosts_with_links",
    "import_editions",
    "lease_holder",
    "links_of",
    "links_of_hosts",
    "list_deliveries",
    "live_trends",
    "mark_failed",
    "mark_in_doubt",
    "mark_sent",
    "merge",
    "next_story_id",
    "origin",
    "pending_articles",
    "pending_count",
    "pending_links",
    "pending_pages",
    "release_lease",
    "renew_lease",
    "reports",
    "reserve",
    "same_words",
    "save_annotations",
    "save_archive",
    "save_articles",
    "save_conference_links",
    "save_copies",
    "save_digest",
    "save_edition_links",
    "save_failure",
    "save_link_failure",
    "save_origin",
    "save_page",
    "save_pages",
    "save_placements",
    "save_poll",
    "save_series",
    "save_source_changes",
    "save_summaries",
    "save_taggings",
    "save_trends",
    "series",
    "source_changes",
    "source_days",
    "sources_of_pages",
    "sources_to_judge",
    "split",
    "stored_pages",
    "stories_sent",
    "story_window",
    "summary_of",
    "sync_catalogue",
    "sync_subscribers",
    "trends_to_tell",
    "troubled_sources",
    "undo",
    "voices",
    "wait",
    "waiting_hosts",
]
