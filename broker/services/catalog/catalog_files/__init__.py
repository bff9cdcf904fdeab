"""Lists of points as departments have them: from a file to rows, from rows to checked drafts, and the report.

    reading   a file of any format -> Table(columns, rows)     csv_file, xlsx_file, json_file, geojson_file
    mapping   which column feeds which field                   aliases in Chinese and English, or said by hand
    check     a row -> a draft or the problems of the row      fields, directions, cells, extra
    report    how many went in, what stayed outside and why    balance, CSV and JSON

No row is lost on the way: read = inserted + updated + unchanged + rejected, and every rejected row is named.
"""
