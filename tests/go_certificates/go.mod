module example.com/go-certificates

go 1.26
