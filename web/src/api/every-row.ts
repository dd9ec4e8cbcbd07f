import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import { rowsOf } from "./queries";
import type { Page } from "./types";

/** All rows of an infinite query, page after page, for choices that must be whole; undefined before the first page. */
export function useEveryRow<Row>(list: UseInfiniteQueryResult<InfiniteData<Page<Row>>>): Row[] | undefined {
  const { data, hasNextPage, isFetching, isError, fetchNextPage } = list;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  return rowsOf(data);
}
